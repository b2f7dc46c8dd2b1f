import { sedCommand } from './sed/command.ts'

export default sedCommand
