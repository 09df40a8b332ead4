import base from './jest.config.js';

/** Suites against real servers, which they start and stop themselves; one after the other. */
export default {
  ...base,
  testMatch: ['**/*.server.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/servers/global-setup.js',
  maxWorkers: 1,
  testTimeout: 120_000,
};
