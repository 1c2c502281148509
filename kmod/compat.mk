# SPDX-License-Identifier: GPL-2.0-only
# For compat.h: what the preprocessor cannot ask of the kernel's headers.

# FILE,PATTERN,NAME: AHV_HAVE_NAME is defined when a line of FILE has PATTERN
ahv_have = $(if $(shell grep -s '$(2)' $(srctree)/$(1)),-DAHV_HAVE_$(3))

ccflags-y += -include $(src)/kmod/compat.h
ccflags-y += $(call ahv_have,arch/x86/include/asm/kvm_host.h,VCPU_REG_RIP,VCPU_REG_RIP)
ccflags-y += $(call ahv_have,include/linux/kvm_host.h,int __kvm_vcpu_map,KVM_MAP_WRITABLE)
ccflags-y += $(call ahv_have,include/linux/shmem_fs.h,shmem_file_setup.*vma_flags_t,SHMEM_VMA_FLAGS)
