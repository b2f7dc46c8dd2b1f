import { transferCommand } from './net/transfer.ts'

export default transferCommand('rsync')
