import { tarCommand } from './tar/command.ts'

export default tarCommand
