/** NTSTATUS (MS-ERREF 2.3.1) as far as it is used here. */
export const STATUS = {
  SUCCESS: 0,
  PENDING: 0x103,
  BUFFER_OVERFLOW: 0x80000005,
  NO_MORE_FILES: 0x80000006,
  NOT_IMPLEMENTED: 0xc0000002,
  INVALID_INFO_CLASS: 0xc0000003,
  INFO_LENGTH_MISMATCH: 0xc0000004,
  INVALID_HANDLE: 0xc0000008,
  INVALID_PARAMETER: 0xc000000d,
  END_OF_FILE: 0xc0000011,
  MORE_PROCESSING_REQUIRED: 0xc0000016,
  ACCESS_DENIED: 0xc0000022,
  OBJECT_NAME_INVALID: 0xc0000033,
  OBJECT_NAME_NOT_FOUND: 0xc0000034,
  OBJECT_NAME_COLLISION: 0xc0000035,
  OBJECT_PATH_NOT_FOUND: 0xc000003a,
  NO_SUCH_FILE: 0xc000000f,
  LOGON_FAILURE: 0xc000006d,
  DISK_FULL: 0xc000007f,
  INSUFFICIENT_RESOURCES: 0xc000009a,
  PIPE_EMPTY: 0xc00000d9,
  FILE_IS_A_DIRECTORY: 0xc00000ba,
  NOT_SUPPORTED: 0xc00000bb,
  NETWORK_NAME_DELETED: 0xc00000c9,
  BAD_DEVICE_TYPE: 0xc00000cb,
  BAD_NETWORK_NAME: 0xc00000cc,
  REQUEST_NOT_ACCEPTED: 0xc00000d0,
  DIRECTORY_NOT_EMPTY: 0xc0000101,
  NOT_A_DIRECTORY: 0xc0000103,
  FILE_CLOSED: 0xc0000128,
  USER_SESSION_DELETED: 0xc0000203,
  INSUFF_SERVER_RESOURCES: 0xc0000205,
  NOT_FOUND: 0xc0000225,
  FS_DRIVER_REQUIRED: 0xc000019c,
  SMB_BAD_UID: 0x005b0002,
} as const

/** Ends a request with this status. */
export class SmbStatus extends Error {
  readonly status: number

  constructor(status: number) {
    super(`status 0x${status.toString(16)}`)
    this.name = 'SmbStatus'
    this.status = status
  }
}

/** Not a message of MS-SMB2 or MS-CIFS: the connection ends. */
export class SmbFormatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SmbFormatError'
  }
}
