import base from './jest.config.js';

/** Suites against real servers, which they start and stop themselves; one after the other unless told otherwise. */
export default {
  ...base,
  testMatch: ['**/*.server.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/servers/global-setup.js',
  maxWorkers: 1,
  // A connection that a suite was made to cut in the middle may outlive it; the servers themselves end with this process.
  forceExit: true,
  testTimeout: 120_000,
};
