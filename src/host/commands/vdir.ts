import { lsCommand } from './ls/command.ts'

export default lsCommand('vdir')
