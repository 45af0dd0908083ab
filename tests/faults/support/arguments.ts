/** What the programs `check:…` are told on the command line. */

/** Value of `--name VALUE`; undefined where it is not given. */
export const optionOf = (args: readonly string[], name: string): string | undefined =>
  args.includes(name) ? args[args.indexOf(name) + 1] : undefined

/** Whole numbers that stand by themselves, in their order. */
export const numbersOf = (args: readonly string[]): number[] =>
  args.filter((text, at) => /^\d+$/.test(text) && !args[at - 1]?.startsWith('--')).map(Number)
