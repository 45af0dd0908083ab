/**
 * A pause of `ms` at most, and three quarters of that at least. What a process looks for all the time is begun with its start: with pauses of the same
 * length all of it would be asked in the same moment, each time, and whoever asks then would wait.
 */
export const uneven = (ms: number): number => ms * (0.75 + Math.random() / 4)
