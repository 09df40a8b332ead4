package peers;

/**
 * R2, R3, R5 and R7 of docs/alarm-rules.md on a sensor's state in one int: bits 0 to 2 are the open alarms by type,
 * bits 3 and 4 the strikes of smoke, bits 5 and 6 those of temperature. A new sensor has 0, and an OK leaves 0.
 */
public final class AlarmRules {
    public static final int MOTION = 1;
    public static final int SMOKE = 2;
    public static final int TEMPERATURE = 4;
    public static final int AFTER_OK = 0;

    private static final String[] NAMES = {"", "motion", "smoke", "", "temperature"};
    private static final int STRIKES_FOR_ALARM = 3;

    private AlarmRules() {}

    /** The state after a reading that speaks for these types. */
    public static int afterReading(int state, int types) {
        int after = state | (types & MOTION);
        if ((types & SMOKE) != 0) after = struck(after, SMOKE, 3);
        if ((types & TEMPERATURE) != 0) after = struck(after, TEMPERATURE, 5);
        return after;
    }

    private static int struck(int state, int type, int shift) {
        if ((state & type) != 0) return state;
        int strikes = ((state >> shift) & 3) + 1;
        int cleared = state & ~(3 << shift);
        return strikes == STRIKES_FOR_ALARM ? cleared | type : cleared | (strikes << shift);
    }

    /** The types whose alarms a change of state has opened. */
    public static int opened(int before, int after) {
        return after & ~before & (MOTION | SMOKE | TEMPERATURE);
    }

    public static String nameOf(int type) {
        return NAMES[type];
    }
}
