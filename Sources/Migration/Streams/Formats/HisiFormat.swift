extension StreamFormat {
  /// HiSilicon accelerators: `struct acc_vf_data` of drivers/vfio/pci/hisilicon/hisi_acc_vfio_pci.h.
  static let hisi = StreamFormat(
    name: "hisi_acc", about: "HiSilicon accelerator", sign: "told by its magic number",
    recognizes: { cursor throws(StreamFault) in
      try cursor.head(HisiDecoder.magicOnly).map {
        [HisiDecoder.oldMagic, HisiDecoder.magic].contains($0["acc_magic"])
      }
        ?? false
    },
    decoder: { HisiDecoder() })
}

/// What has to match the target, then the registers; a device that was not ready gives the first part only.
struct HisiDecoder: RecordDecoder {
  /// Before the DMA addresses were put right and versions came in.
  static let oldMagic: UInt64 = 0xCDCD_CDCD_FEED_AACC
  static let magic: UInt64 = 0xAACC_FEED_DECA_DEDE

  static let magicOnly = RecordLayout([.hex("acc_magic", 8)])
  private static let device: [RecordLayout.Part] = [
    .hex("acc_magic", 8), .number("qp_num", 4), .hex("dev_id", 4), .hex("que_iso_cfg", 4), .number("qp_base", 4),
    .number("vf_qm_state", 4),
  ]
  private static let oldMatch = RecordLayout(device + .hexes("qm_rsv_state", 4, count: 3))
  private static let match = RecordLayout(
    device + [.number("major_ver", 2), .number("minor_ver", 2)] + .hexes("qm_rsv_state", 4, count: 2))
  private static let registers = RecordLayout(
    [
      .hex("aeq_int_mask", 4), .hex("eq_int_mask", 4), .hex("ifc_int_source", 4), .hex("ifc_int_mask", 4),
      .hex("ifc_int_set", 4), .number("page_size", 4),
    ] + .hexes("qm_eqc_dw", 4, count: 7) + .hexes("qm_aeqc_dw", 4, count: 7) + .hexes("qm_rsv_regs", 4, count: 5) + [
      .padding(4), .hex("eqe_dma", 8), .hex("aeqe_dma", 8), .hex("sqc_dma", 8), .hex("cqc_dma", 8),
    ])

  private var taken = 0

  mutating func next(_ cursor: inout RecordCursor) throws(StreamFault) -> StreamRecord? {
    taken += 1
    switch taken {
    case 1: return try matchData(&cursor)
    case 2: return try cursor.head(Self.registers).map { cursor.take("registers", $0) }
    default: return nil
    }
  }

  private func matchData(_ cursor: inout RecordCursor) throws(StreamFault) -> StreamRecord? {
    let isOld = try cursor.head(Self.magicOnly)?["acc_magic"] == Self.oldMagic
    let note = isOld ? "old magic: the target puts the DMA addresses right" : nil
    return try cursor.head(isOld ? Self.oldMatch : Self.match).map { cursor.take("match data", $0, note: note) }
  }
}
