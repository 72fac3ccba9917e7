// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device without hardware below it, which the mediated devices are made of. It has its driver's
 * name.
 */

#include <linux/err.h>
#include <linux/export.h>

#include "common.h"

int vs_register(struct vs_parent *parent)
{
	const char *name = parent->driver->driver.name;
	int ret;

	ret = mdev_register_driver(parent->driver);
	if (ret)
		return ret;
	parent->class = class_create(name);
	if (IS_ERR(parent->class)) {
		ret = PTR_ERR(parent->class);
		goto err_driver;
	}
	parent->device = device_create(parent->class, NULL, MKDEV(0, 0), NULL, name);
	if (IS_ERR(parent->device)) {
		ret = PTR_ERR(parent->device);
		goto err_class;
	}
	ret = mdev_register_parent(&parent->mdev, parent->device, parent->driver, parent->types,
				   ARRAY_SIZE(parent->types));
	if (ret)
		goto err_device;
	return 0;

err_device:
	device_unregister(parent->device);
err_class:
	class_destroy(parent->class);
err_driver:
	mdev_unregister_driver(parent->driver);
	return ret;
}
EXPORT_SYMBOL_GPL(vs_register);

void vs_unregister(struct vs_parent *parent)
{
	mdev_unregister_parent(&parent->mdev);
	device_unregister(parent->device);
	class_destroy(parent->class);
	mdev_unregister_driver(parent->driver);
}
EXPORT_SYMBOL_GPL(vs_unregister);

/* Makes an allocated device known to vfio, or gives it back. */
int vs_add(struct mdev_device *mdev, struct vs_device *dev)
{
	int ret;

	dev_set_drvdata(&mdev->dev, dev);
	ret = vfio_register_emulated_iommu_dev(&dev->vdev);
	if (ret)
		vfio_put_device(&dev->vdev);
	return ret;
}
EXPORT_SYMBOL_GPL(vs_add);

void vs_remove(struct mdev_device *mdev)
{
	struct vs_device *dev = dev_get_drvdata(&mdev->dev);

	vfio_unregister_group_dev(&dev->vdev);
	vfio_put_device(&dev->vdev);
}
EXPORT_SYMBOL_GPL(vs_remove);
