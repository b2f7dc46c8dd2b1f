import { pagerCommand } from './gnu/pager.ts'

export default pagerCommand('less')
