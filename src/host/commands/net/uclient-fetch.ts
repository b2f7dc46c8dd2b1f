import type { HostText, Process } from '../../command.ts'
import { installedPackages } from '../../world/packages.ts'
import { busyBoxBanner } from '../busybox/banner.ts'
import { fetchTarget, lineSpeed } from './fetch.ts'
import { isAddress, noteIndicator, REACH_TEXT } from './target.ts'
import { fileNameOf, parseTarget } from './url.ts'

const WITH_VALUES = new Set([
  '-O',
  '-T',
  '-P',
  '-Y',
  '-U',
  '--header',
  '--post-data',
  '--post-file',
  '--user-agent',
  '--timeout',
  '--output-document',
  '--ca-certificate',
  '-t',
])

/** wget of small systems: OpenWrt's uclient-fetch, or the BusyBox applet where that is not installed. */
export async function uclientFetch(process: Process, words: readonly HostText[]): Promise<number> {
  const uclient = installedPackages(process.world).has('uclient-fetch')
  const { urls, output, quiet } = read(words)
  const [url] = urls
  if (url === undefined) {
    await process.stderr.write(
      uclient
        ? 'Usage: wget [options] <URL>\n'
        : `${busyBoxBanner(process.world.persona)} multi-call binary.\n\nUsage: wget [-cqS] [-O FILE] [-o LOGFILE] [--header STR] [--post-data STR | --post-file FILE] [-Y on/off] [-P DIR] [-U AGENT] [-T SEC] URL...\n`,
    )
    return 1
  }
  for (const further of urls.slice(1)) noteIndicator(process, 'url', further, 'wget')
  const target = parseTarget(url)
  if (!target || !/^(https?|ftp)$/.test(target.scheme)) {
    noteIndicator(process, 'url', url, 'wget')
    await process.stderr.write(`wget: not an http or ftp url: ${url}\n`)
    return 1
  }
  const say = async (text: string): Promise<void> => (quiet ? undefined : process.stderr.write(text))
  if (uclient) await say(`Downloading '${target.text}'\n`)
  const fetched = await fetchTarget(process, target, 'wget', {
    connecting: (address) =>
      say(uclient ? `Connecting to ${address}:${target.port}\n` : `Connecting to ${target.host} (${address}:${target.port})\n`),
  })
  if (fetched.state === 'unresolved') {
    await process.stderr.write(uclient ? 'Failed to send request: Operation not permitted\n' : `wget: bad address '${target.host}'\n`)
    return uclient ? 4 : 1
  }
  if (fetched.state === 'unconnected') {
    await process.stderr.write(
      uclient
        ? 'Connection error: Connection failed\n'
        : `wget: can't connect to remote host (${fetched.reach.address}): ${REACH_TEXT[fetched.reach.state]}\n`,
    )
    return uclient ? 4 : 1
  }
  if (fetched.status >= 400) {
    await process.stderr.write(
      uclient ? `HTTP error ${fetched.status}\n` : `wget: server returned error: HTTP/1.1 ${fetched.status} ${fetched.reason}\n`,
    )
    return uclient ? 8 : 1
  }
  const name = output ?? fileNameOf(target)
  const shown = name === '-' ? 'stdout' : name
  await say(uclient ? `Writing to '${shown}'\n` : `saving to '${shown}'\n`)
  await process.sleep((fetched.body.length / lineSpeed(process)) * 1000)
  if (name === '-') await process.stdout.write(fetched.body)
  else await process.openOutput(name, 'truncate').write(fetched.body)
  const marks = `${shown.slice(0, 20).padEnd(20)} 100% |${'*'.repeat(32)}|`
  await say(
    uclient
      ? `${marks} ${String(fetched.body.length).padStart(6)}   0:00:00 ETA\nDownload completed (${fetched.body.length} bytes)\n`
      : `${marks} ${String(fetched.body.length).padStart(6)}  0:00:00 ETA\n'${shown}' saved\n`,
  )
  if (isAddress(target.host)) noteIndicator(process, 'address', target.host, 'wget')
  return 0
}

function read(words: readonly HostText[]): { urls: HostText[]; output: HostText | undefined; quiet: boolean } {
  const urls: HostText[] = []
  let output: HostText | undefined
  let quiet = false
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === '-q' || word === '-qO-' || word === '--quiet') quiet = true
    const glued = /^-(?:q)?O(.+)$/.exec(word)
    if (glued) {
      output = glued[1]
      quiet ||= word.startsWith('-q')
    } else if (word === '-qO') {
      quiet = true
      output = words[++i]
    } else if (word === '-O' || word === '--output-document') output = words[++i]
    else if (WITH_VALUES.has(word)) i++
    else if (!word.startsWith('-')) urls.push(word)
  }
  return { urls, output, quiet }
}
