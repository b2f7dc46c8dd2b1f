const UEL = '\x1b%-12345X'
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

export default [
  bytes(`${UEL}@PJL INFO ID\r\n@PJL INFO STATUS\r\n@PJL INFO VARIABLES\r\n@PJL INFO LOG\r\n${UEL}\r\n`),
  bytes('@PJL USTATUS DEVICE=ON\r\n@PJL USTATUS JOB=ON\r\n@PJL RDYMSG DISPLAY="x"\r\n@PJL OPMSG DISPLAY="y"\r\n'),
  bytes(
    `${UEL}@PJL JOB NAME="j" PASSWORD=0\r\n@PJL SET COPIES=3\r\n@PJL ENTER LANGUAGE=PCL\r\n\x1bE hello \f\x1bE${UEL}@PJL EOJ\r\n${UEL}`,
  ),
  bytes('@PJL DEFAULT PASSWORD=4711, CPLOCK=ON\r\n@PJL DINQUIRE PASSWORD\r\n@PJL INQUIRE LPARM:PCL PITCH\r\n'),
  bytes('@PJL FSDIRLIST NAME="0:\\" ENTRY=1 COUNT=99\r\n@PJL FSQUERY NAME="0:\\PJL"\r\n@PJL FSINIT VOLUME="0:"\r\n'),
  bytes(
    '@PJL FSDOWNLOAD FORMAT:BINARY SIZE=5 NAME="0:\\x"\r\nhello@PJL FSAPPEND SIZE=2 NAME="0:\\x"\r\n!!@PJL FSUPLOAD NAME="0:\\x" OFFSET=0 SIZE=9\r\n',
  ),
  bytes(
    '@PJL FSUPLOAD NAME="0:\\..\\..\\..\\etc\\passwd" OFFSET=0 SIZE=999\r\n@PJL FSMKDIR NAME="0:\\d"\r\n@PJL FSDELETE NAME="0:\\d"\r\n',
  ),
  bytes('%!PS-Adobe-3.0\n%%Title: t\n%%Page: 1 1\nshowpage\n'),
  bytes('%PDF-1.4\n/Type /Page\n'),
  bytes(
    `${UEL}@PJL ENTER LANGUAGE = POSTSCRIPT\n%!\n<< /Password () /SystemParamsPassword (1) >> setsystemparams product print 0 1 9 {== flush} for\n/o (a/b) (w) file def o (x) writestring o closefile (**) {print} 256 string filenameforall {} loop\n`,
  ),
  bytes(`${UEL}@PJL ENTER LANGUAGE = PCL\r\n\x1b&f7Y\x1b&f0X\x1b*s65X\x1b&f7y2X\x1b&f1X\x1b&f2X\x1b*s4t0u1I\x1b*s1M${UEL}`),
  bytes('@PJL DMINFO ASCIIHEX="000006030302010301"\r\n@PJL DMCMD ASCIIHEX="040006020501010301040106"\r\n@PJL USTATUS TIMED=5\r\n'),
]
