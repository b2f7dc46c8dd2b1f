import { humanSize } from '../gnu/size.ts'

/** `12K`, `4.9K`, `1.2M` as wget writes sizes. */
export function wgetSize(bytes: number): string {
  return humanSize(bytes).replace(/^(\d+)$/, '$1')
}

export function wgetRate(bytes: number, seconds: number): string {
  const rate = bytes / Math.max(seconds, 1e-6)
  const units = ['B/s', 'KB/s', 'MB/s', 'GB/s']
  let value = rate
  let power = 0
  while (value >= 1024 && power < 3) {
    value /= 1024
    power++
  }
  return `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)} ${units[power]}`
}

function seconds(value: number): string {
  return value < 0.0005 ? '0s' : value < 10 ? `${value.toPrecision(1)}s` : `${Math.round(value)}s`
}

/** Dots, 50 to a line of 50 KiB, with the share and the speed at its end (`--progress=dot`). */
export function dots(done: number, total: number, elapsed: number): string {
  const lines: string[] = []
  const rate = (wgetRate(done, elapsed).replace(/B\/s$/, '').replace(' ', '') || '0').replace(/\.(\d)\d([KMG])/, '.$1$2')
  for (let at = 0; at === 0 || at < done; at += 51_200) {
    const count = Math.min(50, Math.ceil(Math.max(0, done - at) / 1024) - (done - at < 51_200 && (done - at) % 1024 !== 0 ? 1 : 0))
    const marks = '.'
      .repeat(Math.max(0, count))
      .replace(/(.{10})(?=.)/g, '$1 ')
      .padEnd(54)
    const last = at + 51_200 >= done
    lines.push(
      `${String(at / 1024).padStart(6)}K ${marks} ${String(Math.floor((Math.min(done, at + 51_200) * 100) / Math.max(1, total))).padStart(3)}% ${rate}${last ? `=${seconds(elapsed)}` : ` ${seconds(elapsed)}`}`,
    )
  }
  return `${lines.join('\n')}\n`
}

/** One state of the bar that a terminal of `columns` shows. */
export function bar(name: string, done: number, total: number, elapsed: number, columns: number): string {
  const width = Math.max(20, columns - 60)
  const share = total ? done / total : 1
  const filled = Math.floor(share * (width - 1))
  const shown = `${name.length > 19 ? `${name.slice(0, 18)}` : name}`.padEnd(20)
  const marks = share >= 1 ? `${'='.repeat(width - 1)}>` : `${filled > 0 ? `${'='.repeat(filled)}>` : ''}`.padEnd(width)
  const speed = elapsed > 0.15 ? wgetRate(done, elapsed).replace(' ', '') : '--.-KB/s'
  const end = share >= 1 ? `    in ${seconds(elapsed)}      ` : '               '
  return `\r${shown}${String(Math.floor(share * 100)).padStart(3)}%[${marks}] ${wgetSize(done).padStart(7)}  ${speed}${end}`
}
