import { grepCommand } from './grep/command.ts'

export default grepCommand('egrep')
