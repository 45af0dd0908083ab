/** The answer to a MIIS sender: the interface's own response envelope, HTTP 200, whatever happened (formats.md A). */
import { offsetOf } from '../engine/values/date.ts'
import { readExchange } from './envelope.ts'

/** Longest text that goes into err_msg or warn_msg. */
export const MESSAGE_CHARACTERS_MAX = 200

export interface AnswerInput {
  bytes: Uint8Array
  ok: boolean
  message: string
  warnings: string[]
  receiptId: string
  /** ISO instant */
  receivedAt: string
}

/** Zone of the times in the envelope: the national interface writes Beijing time. */
const ZONE = 'Asia/Shanghai'

/** `inf_refmsgid` is the receipt's id, so that it is unique and leads to what became of the message. */
export function answer(input: AnswerInput): { contentType: string; body: Uint8Array } {
  const time = compactTime(input.receivedAt)
  const warnings = input.warnings.join('；')
  const envelope = {
    infcode: input.ok ? '0' : '-1',
    inf_refmsgid: input.receiptId,
    refmsg_time: time,
    respond_time: time,
    err_msg: input.ok ? '' : clipped(input.message || failure(input.bytes)),
    warn_msg: clipped(warnings),
    output: {},
  }
  return { contentType: 'application/json; charset=utf-8', body: new TextEncoder().encode(JSON.stringify(envelope)) }
}

const clipped = (text: string): string => text.slice(0, MESSAGE_CHARACTERS_MAX)

function failure(bytes: Uint8Array): string {
  const exchange = readExchange(bytes, 'auto')
  return 'code' in exchange ? `报文无法解析 (${exchange.code})` : '处理失败'
}

/** yyyyMMddHHmmssSSS in the zone. */
export function compactTime(instant: string, zone = ZONE): string {
  const utc = new Date(instant)
  if (Number.isNaN(utc.getTime())) return ''
  const offset = offsetOf(utc.toISOString().slice(0, 19), zone)
  const minutes = (offset.startsWith('-') ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6)))
  return new Date(utc.getTime() + minutes * 60_000)
    .toISOString()
    .replace(/[-:.TZ]/g, '')
    .slice(0, 17)
}
