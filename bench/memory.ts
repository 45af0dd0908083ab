/** Resident memory of a process in MB, from the kernel; 0 where it tells nothing. */
import { readFile } from 'node:fs/promises'

export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}
