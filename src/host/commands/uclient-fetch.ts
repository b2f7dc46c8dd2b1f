import type { CommandFile } from '../command.ts'
import { uclientFetch } from './net/uclient-fetch.ts'

/** What `wget` is a link to on OpenWrt. */
const uclientFetchCommand: CommandFile = {
  name: 'uclient-fetch',
  package: 'uclient-fetch',
  paths: ['/bin/uclient-fetch'],
  run: (process) => uclientFetch(process, process.argv.slice(1)),
}
export default uclientFetchCommand
