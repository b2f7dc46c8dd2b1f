import { findCommand } from './find/command.ts'

export default findCommand
