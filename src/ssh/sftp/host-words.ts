import type { FileStat, HostError } from '../../host/contract.ts'
import { rawMode } from '../../host/files/raw-mode.ts'
import type { Attributes, Status } from './codec.ts'

/** A file's state in the words of SFTP. */
export function attributesOf(stat: FileStat): Attributes {
  const { uid, gid, size, mtime, atime } = stat
  const times = { atime: Math.floor(atime / 1000), mtime: Math.floor(mtime / 1000) }
  return { size: BigInt(size), owner: { uid, gid }, permissions: rawMode(stat), times }
}

/** sftp-server.c, errno_to_portable. */
export function statusOf({ code }: HostError): Status {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EBADF':
    case 'ELOOP':
      return 'NO_SUCH_FILE'
    case 'EPERM':
    case 'EACCES':
      return 'PERMISSION_DENIED'
    case 'ENAMETOOLONG':
    case 'EINVAL':
      return 'BAD_MESSAGE'
    default:
      return 'FAILURE'
  }
}
