/** 2206, 2303 and 2101 of pharmacies, pre-settlement: a question, no fact. Nothing is stored but the receipt. */
import type { Transaction } from '../transaction.ts'

export const preSettlement = (infno: '2101' | '2206' | '2303'): Transaction => ({ infno, nothingToStore: true, fill: () => {} })
