/** The answer to a MIIS sender: the interface's own response envelope, HTTP 200, whatever happened (formats.md A). */
import type { AnswerInput } from '../engine/types.ts'
import { readExchange } from './envelope.ts'
import { compactTime } from './miis-time.ts'

/** Longest text that goes into err_msg or warn_msg. */
export const MESSAGE_CHARACTERS_MAX = 200

/**
 * `inf_refmsgid` is the receipt's id, so that it is unique and leads to what became of the message.
 * @param reply what the transaction itself answers; what was asked of the store goes before
 */
export function answer(input: AnswerInput, reply: object = {}): { contentType: string; body: Uint8Array } {
  const time = compactTime(input.receivedAt)
  const warnings = input.warnings.join('；')
  const envelope = {
    infcode: input.ok ? '0' : '-1',
    inf_refmsgid: input.receiptId,
    refmsg_time: time,
    respond_time: time,
    err_msg: input.ok ? '' : clipped(input.message || failure(input.bytes)),
    warn_msg: clipped(warnings),
    output: input.ok ? (input.output ?? reply) : {},
  }
  return { contentType: 'application/json; charset=utf-8', body: new TextEncoder().encode(JSON.stringify(envelope)) }
}

const clipped = (text: string): string => text.slice(0, MESSAGE_CHARACTERS_MAX)

function failure(bytes: Uint8Array | undefined): string {
  if (!bytes) return '处理失败'
  const exchange = readExchange(bytes, 'auto')
  return 'code' in exchange ? `报文无法解析 (${exchange.code})` : '处理失败'
}
