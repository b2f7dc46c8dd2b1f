/** How a client reached us: what addresses in answers are made of. */
export interface Reach {
  /** Host and port of the request. */
  authority: string
  secure: boolean
  /** Path of a printer that is none of a print server: `/ipp/print`. */
  devicePath?: string | undefined
}

export function queueUri({ authority, secure, devicePath }: Reach, name: string): string {
  return `${secure ? 'ipps' : 'ipp'}://${authority}${devicePath ?? `/printers/${encodeURIComponent(name)}`}`
}

export function webUri({ authority, secure }: Reach, path: string): string {
  return `${secure ? 'https' : 'http'}://${authority}${path}`
}
