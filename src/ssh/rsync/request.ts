import { shellWords } from '../shell-words.ts'

/** What the command line of `rsync --server` asks for. */
export interface RsyncRequest {
  /** The client wants files; otherwise it brings them. */
  download: boolean
  recursive: boolean
  /** Without recursion: what is in a folder that is named with a slash, as `rsync host:/etc/` lists it. */
  listing: boolean
  links: boolean
  perms: boolean
  times: boolean
  owner: boolean
  group: boolean
  devices: boolean
  compress: boolean
  checksum: boolean
  numericIds: boolean
  /** The client tells the receiver what not to delete. */
  filtered: boolean
  dryRun: boolean
  paths: string[]
}

const SERVER = /^(?:\S*\/)?rsync --server /

/** Options that change nothing of the conversation. */
const HARMLESS =
  /^--(delete(-\w+)?|partial(-dir=.*)?|inplace|stats|timeout=\d+|bwlimit=\S+|log-format=.*|out-format=.*|safe-links|force|existing|ignore-existing|remove-source-files|omit-dir-times|msgs2stderr|no-\w+|size-only|mkpath|fsync|super|chmod=.*)$/

export function isRsyncServer(command: string): boolean {
  return SERVER.test(command)
}

/** Undefined for options that make the conversation another one than is spoken here. */
export function readRsyncCommand(command: string): RsyncRequest | undefined {
  const words = shellWords(command)?.slice(2) ?? []
  const dot = words.indexOf('.')
  if (dot < 0) return undefined
  const options = words.slice(0, dot)
  const letters = options
    .filter((word) => /^-[^-]/.test(word))
    .map((word) => word.slice(1).replace(/e.*$/, ''))
    .join('')
  const long = options.filter((word) => word.startsWith('--') && word !== '--sender' && word !== '--numeric-ids')
  if (!/^[vlogDtprzcWrndqhimuIOkKJP]*$/.test(letters) || !long.every((word) => HARMLESS.test(word))) return undefined
  return {
    download: options.includes('--sender'),
    recursive: letters.includes('r'),
    listing: letters.includes('d'),
    links: letters.includes('l'),
    perms: letters.includes('p'),
    times: letters.includes('t'),
    owner: letters.includes('o'),
    group: letters.includes('g'),
    devices: letters.includes('D'),
    compress: letters.includes('z'),
    checksum: letters.includes('c'),
    numericIds: options.includes('--numeric-ids'),
    filtered: long.some((word) => word.startsWith('--delete')) || letters.includes('m'),
    dryRun: letters.includes('n'),
    paths: words.slice(dot + 1),
  }
}
