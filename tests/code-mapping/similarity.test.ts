/** Likeness of names; expected by the Sørensen–Dice coefficient of neighbouring characters, worked out by hand. */
import { expect, test } from '@jest/globals'
import { similarity } from '../../server/code-mapping/similarity.ts'

test('the same name, as search folds it, is 1; nothing in common is 0', () => {
  expect(similarity('血小板计数', '血小板計數')).toBe(1)
  expect(similarity('ＷＢＣ', 'wbc')).toBe(1)
  expect(similarity('尿', '骨')).toBe(0)
  expect(similarity('', '血')).toBe(0)
})

test('pairs of characters in common', () => {
  // 白细 细胞 胞计 计数 and 红细 细胞 胞计 计数: three of four each.
  expect(similarity('白细胞计数', '红细胞计数')).toBeCloseTo(0.75, 5)
})

test('what sounds the same but is written otherwise is found by its sound', () => {
  // 葡萄糖 and 葡陶糖: no pair in common, but both are putaotang.
  expect(similarity('葡萄糖', '葡陶糖')).toBeCloseTo(0.85, 5)
  expect(similarity('葡萄糖', '葡陶糖')).toBeGreaterThan(similarity('葡萄糖', '麦芽糖'))
})
