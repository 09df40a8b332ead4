package peers;

import java.nio.charset.StandardCharsets;

/** An alarm's record on its topic. */
public final class Alarm {
    private Alarm() {}

    public static byte[] key(int sensorId) {
        return Integer.toString(sensorId).getBytes(StandardCharsets.ISO_8859_1);
    }

    /** With the place of the reading that completed it, and the time at which the log took that reading. */
    public static byte[] value(int sensorId, int type, int partition, long offset, long triggeredAt) {
        String json = "{\"sensorId\":" + sensorId + ",\"type\":\"" + AlarmRules.nameOf(type) + "\",\"partition\":" + partition + ",\"offset\":" + offset + ",\"triggeredAt\":" + triggeredAt + "}";
        return json.getBytes(StandardCharsets.ISO_8859_1);
    }
}
