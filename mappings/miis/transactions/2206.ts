/** 2206 and 2303, pre-settlement: a question, no fact. Nothing is stored but the receipt. */
import type { Transaction } from '../transaction.ts'

export const preSettlement = (infno: '2206' | '2303'): Transaction => ({ infno, nothingToStore: true, fill: () => {} })
