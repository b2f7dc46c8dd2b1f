import { moduleCommand } from './gnu/kernel-module.ts'

export default moduleCommand('insmod')
