import CVFIO
import Testing

/// Sizes and offsets of the kernel's binary interface, as linux/vfio.h and linux/iommufd.h fix them.
@Suite struct LayoutTests {
  @Test func structuresHaveTheKernelsSizes() {
    #expect(MemoryLayout<cv_device_info>.size == 24)
    #expect(MemoryLayout<cv_region_info>.size == 32)
    #expect(MemoryLayout<cv_cap_header>.size == 8)
    #expect(MemoryLayout<cv_region_cap_type>.size == 16)
    #expect(MemoryLayout<cv_region_cap_sparse_mmap>.size == 16)
    #expect(MemoryLayout<cv_region_sparse_mmap_area>.size == 16)
    #expect(MemoryLayout<cv_device_migration_info>.size == 32)
    #expect(MemoryLayout<cv_group_status>.size == 8)
    #expect(MemoryLayout<cv_device_feature>.size == 8)
    #expect(MemoryLayout<cv_device_feature_migration>.size == 8)
    #expect(MemoryLayout<cv_device_feature_mig_state>.size == 8)
    #expect(MemoryLayout<cv_device_feature_mig_data_size>.size == 8)
    #expect(MemoryLayout<cv_precopy_info>.size == 24)
    #expect(MemoryLayout<cv_device_bind_iommufd>.size == 16)
    #expect(MemoryLayout<cv_device_attach_iommufd_pt>.size == 12)
    #expect(MemoryLayout<cv_dma_logging_range>.size == 16)
    #expect(MemoryLayout<cv_dma_logging_start>.size == 8 + 24)
    #expect(MemoryLayout<cv_dma_logging_report>.size == 8 + 32)
    #expect(MemoryLayout<cv_iommu_info>.size == 24)
    #expect(MemoryLayout<cv_iommu_cap_migration>.size == 32)
    #expect(MemoryLayout<cv_iommu_dma_map>.size == 32)
    #expect(MemoryLayout<cv_bitmap>.size == 24)
    #expect(MemoryLayout<cv_iommu_dma_unmap>.size == 24 + 24)
    #expect(MemoryLayout<cv_iommu_dirty_pages>.size == 8 + 40)
    #expect(MemoryLayout<cv_ioas_alloc>.size == 12)
    #expect(MemoryLayout<cv_ioas_iova_ranges>.size == 32)
    #expect(MemoryLayout<cv_ioas_map>.size == 40)
    #expect(MemoryLayout<cv_ioas_unmap>.size == 24)
  }

  @Test func fieldsLieWhereTheKernelPutsThem() {
    #expect(MemoryLayout<cv_region_info>.offset(of: \.cap_offset) == 12)
    #expect(MemoryLayout<cv_region_info>.offset(of: \.size) == 16)
    #expect(MemoryLayout<cv_region_info>.offset(of: \.offset) == 24)
    #expect(MemoryLayout<cv_cap_header>.offset(of: \.next) == 4)
    #expect(MemoryLayout<cv_region_cap_type>.offset(of: \.subtype) == 12)
    #expect(MemoryLayout<cv_device_migration_info>.offset(of: \.device_state) == 0)
    #expect(MemoryLayout<cv_device_migration_info>.offset(of: \.pending_bytes) == 8)
    #expect(MemoryLayout<cv_device_migration_info>.offset(of: \.data_offset) == 16)
    #expect(MemoryLayout<cv_device_migration_info>.offset(of: \.data_size) == 24)
    #expect(MemoryLayout<cv_device_feature_mig_state>.offset(of: \.data_fd) == 4)
    #expect(MemoryLayout<cv_precopy_info>.offset(of: \.initial_bytes) == 8)
    #expect(MemoryLayout<cv_precopy_info>.offset(of: \.dirty_bytes) == 16)
    #expect(MemoryLayout<cv_device_bind_iommufd>.offset(of: \.iommufd) == 8)
    #expect(MemoryLayout<cv_device_attach_iommufd_pt>.offset(of: \.pt_id) == 8)
  }

  @Test func fieldsOfDMALieWhereTheKernelPutsThem() {
    #expect(MemoryLayout<cv_dma_logging_start>.offset(of: \.page_size) == 8)
    #expect(MemoryLayout<cv_dma_logging_start>.offset(of: \.num_ranges) == 8 + 8)
    #expect(MemoryLayout<cv_dma_logging_start>.offset(of: \.ranges) == 8 + 16)
    #expect(MemoryLayout<cv_dma_logging_report>.offset(of: \.page_size) == 8 + 16)
    #expect(MemoryLayout<cv_dma_logging_report>.offset(of: \.bitmap) == 8 + 24)
    #expect(MemoryLayout<cv_iommu_info>.offset(of: \.iova_pgsizes) == 8)
    #expect(MemoryLayout<cv_iommu_info>.offset(of: \.cap_offset) == 16)
    #expect(MemoryLayout<cv_iommu_cap_migration>.offset(of: \.pgsize_bitmap) == 16)
    #expect(MemoryLayout<cv_iommu_cap_migration>.offset(of: \.max_dirty_bitmap_size) == 24)
    #expect(MemoryLayout<cv_iommu_dma_map>.offset(of: \.iova) == 16)
    #expect(MemoryLayout<cv_iommu_dma_unmap>.offset(of: \.size) == 16)
    #expect(MemoryLayout<cv_iommu_dma_unmap>.offset(of: \.bitmap) == 24)
    #expect(MemoryLayout<cv_iommu_dirty_pages>.offset(of: \.size) == 16)
    #expect(MemoryLayout<cv_iommu_dirty_pages>.offset(of: \.bitmap) == 24)
    #expect(MemoryLayout<cv_bitmap>.offset(of: \.data) == 16)
    #expect(MemoryLayout<cv_ioas_alloc>.offset(of: \.out_ioas_id) == 8)
    #expect(MemoryLayout<cv_ioas_iova_ranges>.offset(of: \.out_iova_alignment) == 24)
    #expect(MemoryLayout<cv_ioas_map>.offset(of: \.user_va) == 16)
    #expect(MemoryLayout<cv_ioas_map>.offset(of: \.iova) == 32)
    #expect(MemoryLayout<cv_ioas_unmap>.offset(of: \.length) == 16)
  }

  #if arch(x86_64) || arch(arm64)
    @Test(
      arguments: [
        (CV_GET_API_VERSION, 0x3B64), (CV_CHECK_EXTENSION, 0x3B65), (CV_SET_IOMMU, 0x3B66),
        (CV_GROUP_GET_STATUS, 0x3B67), (CV_GROUP_SET_CONTAINER, 0x3B68), (CV_GROUP_GET_DEVICE_FD, 0x3B6A),
        (CV_DEVICE_GET_INFO, 0x3B6B), (CV_DEVICE_GET_REGION_INFO, 0x3B6C), (CV_DEVICE_RESET, 0x3B6F),
        (CV_DEVICE_FEATURE, 0x3B75), (CV_DEVICE_BIND_IOMMUFD, 0x3B76), (CV_MIG_GET_PRECOPY_INFO, 0x3B79),
        (CV_IOMMU_GET_INFO, 0x3B70), (CV_IOMMU_MAP_DMA, 0x3B71), (CV_IOMMU_UNMAP_DMA, 0x3B72),
        (CV_IOMMU_DIRTY_PAGES, 0x3B75), (CV_DEVICE_ATTACH_IOMMUFD_PT, 0x3B77), (CV_IOAS_ALLOC, 0x3B81),
        (CV_IOAS_IOVA_RANGES, 0x3B84), (CV_IOAS_MAP, 0x3B85), (CV_IOAS_UNMAP, 0x3B86),
      ] as [(UInt, UInt)]) func callsHaveTheKernelsNumbers(number: UInt, expected: UInt)
    {
      #expect(number == expected)
    }
  #endif
}
