package peers;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Measures this process from the first record on. */
public final class Measurement {
    private static final OperatingSystemMXBean SYSTEM = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static volatile boolean begun;
    private static long startedAtMs;
    private static long cpuNanos;

    private Measurement() {}

    /** To be called for every record: only the first call counts. */
    public static void begin() {
        if (!begun) beginOnce();
    }

    private static synchronized void beginOnce() {
        if (begun) return;
        startedAtMs = System.currentTimeMillis();
        cpuNanos = SYSTEM.getProcessCpuTime();
        begun = true;
    }

    /** One line of JSON for the benchmark. */
    public static void end() throws IOException {
        double cpuSeconds = (SYSTEM.getProcessCpuTime() - cpuNanos) / 1e9;
        System.out.printf(Locale.ROOT, "{\"startedAtMs\":%d,\"endedAtMs\":%d,\"cpuSeconds\":%.3f,\"residentMb\":%.1f}%n", startedAtMs, System.currentTimeMillis(), cpuSeconds, peakResidentMb());
    }

    private static double peakResidentMb() throws IOException {
        String line = Files.readAllLines(Path.of("/proc/self/status")).stream().filter(each -> each.startsWith("VmHWM:")).findFirst().orElseThrow();
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
    }
}
