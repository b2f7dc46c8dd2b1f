const LOOKED_AT = 1024 * 1024
const MOST = 64

/** Printable ASCII without quotes, brackets and what a shell reads: a constant of a class or of an ELF file ends before them. */
const LINK = /(?:https?|ftp|tftp|ldaps?|rmi|iiop):\/\/[!#-&*-:=?-[\]^_a-z{}~]{1,500}/gi

/** Sites that files name and nobody serves malware of one's own from: name spaces, search engines, a packer's home page. */
const COMMON =
  /^(?:https?|ftp):\/\/(?:[a-z0-9-]+\.)*(?:w3\.org|xmlsoap\.org|openxmlformats\.org|apache\.org|gnu\.org|google\.com|gstatic\.com|github\.com|sf\.net)(?:[:/]|$)/i

/** Addresses that stand in a file's text. A page of the web is left out: its links are for people. Nothing is unpacked. */
export function linksIn(bytes: Buffer): string[] {
  const text = bytes.subarray(0, LOOKED_AT).toString('latin1')
  if (/^\s{0,64}<(?:!doctype html|html)/i.test(text)) return []
  const found = new Set<string>()
  for (const [link] of text.matchAll(LINK)) {
    if (!COMMON.test(link)) found.add(link.replace(/[.,]{1,8}$/, ''))
    if (found.size >= MOST) break
  }
  return [...found]
}
