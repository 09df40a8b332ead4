/** The settings of an application that a command starts for itself: nobody else is to reach it. */
export const UNREACHED = { bindAddress: '127.0.0.1', consoleUrl: null, consolePort: 0 } as const;
