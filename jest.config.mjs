/** One real mongod for the whole run (tests/support/global-setup.ts); each test file has a database of its own. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
  },
  globalSetup: '<rootDir>/tests/support/global-setup.ts',
  globalTeardown: '<rootDir>/tests/support/global-teardown.ts',
  testTimeout: 60000,
  testSequencer: '<rootDir>/tests/support/longest-first.mjs',
  maxWorkers: 2,
  // What a file loads stays in its worker's heap.
  workerIdleMemoryLimit: '1200MB',
}
