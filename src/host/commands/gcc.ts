import { compilerCommand } from './gnu/compiler.ts'

export default compilerCommand('gcc')
