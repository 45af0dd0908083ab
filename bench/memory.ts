/** What a process takes, from the kernel; 0 where it tells nothing. */
import { readFile } from 'node:fs/promises'

/** Resident memory in MB. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}

/** Hundredths of a second, which is what Linux counts in. */
const TICKS = 100

/** Processor time in milliseconds: what a request costs, whatever else runs on the machine. */
export async function processorMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return ((user + system) * 1000) / TICKS
}

/** Of several processes together. */
export const processorMsOf = async (all: readonly { pid: number }[]): Promise<number> =>
  (await Promise.all(all.map(({ pid }) => processorMs(pid)))).reduce((sum, ms) => sum + ms, 0)
