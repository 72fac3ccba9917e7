print("vfioscope")
