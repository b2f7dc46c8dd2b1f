/** Whether lines of Accept-Encoding ask for gzip (RFC 9110 §12.5.3). */
export function acceptsGzip(values: readonly string[]): boolean {
  const accepted = values.join(',')
  const [found, quality] = /(?:^|,)\s{0,8}gzip\s{0,8}(?:;\s{0,8}q=([0-9.]{1,8}))?\s{0,8}(?:,|$)/i.exec(accepted) ?? []
  return found !== undefined && (quality === undefined || Number(quality) > 0)
}

/** As nginx looks for it: the first behind a comma or a space, with a quality of three digits at most (ngx_http_gzip_accept_encoding). */
export function nginxAcceptsGzip([first = '']: readonly string[]): boolean {
  const start = /(?:^|[, ])gzip/i.exec(first)
  if (!start) return false
  const rest = first.slice(start.index + start[0].length)
  const [found, whole, tenths] = /^ *(?:$|,|; *(?:$|q=([01])(?:$|[, ]|\.(\d{0,3})(?:$|[, ]))))/i.exec(rest) ?? []
  if (found === undefined) return false
  if (whole === undefined) return true
  const rises = /[1-9]/.test(tenths ?? '')
  return whole === '1' ? !rises : rises
}

/** As mod_deflate does: word by word until one is empty; a quality counts where it is nothing. */
export function apacheAcceptsGzip(values: readonly string[]): boolean {
  for (const item of values.join(', ').split(',')) {
    const [words = '', ...parameters] = item.split(';')
    if (words.trim() === '') return false
    if (
      words
        .trim()
        .toLowerCase()
        .split(/[ \t]+/)
        .includes('gzip')
    )
      return !parameters.some((one) => /^\s*q=0(?:\.0*)?\s*$/i.test(one))
  }
  return false
}
