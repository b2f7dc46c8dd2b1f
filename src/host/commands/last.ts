import { lastCommand } from './gnu/last.ts'

export default lastCommand('last')
