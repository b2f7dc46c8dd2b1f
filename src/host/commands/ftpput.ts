import { busyBoxFtp } from './net/busybox-ftp.ts'

export default busyBoxFtp('ftpput')
