const search = (target: string): Buffer =>
  Buffer.from(`M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ${target}\r\n\r\n`)

export default [
  search('ssdp:all'),
  search('upnp:rootdevice'),
  search('urn:schemas-upnp-org:service:WANIPConnection:1'),
  Buffer.from('NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\n\r\n'),
]
