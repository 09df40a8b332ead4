package peers;

import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/** The rules for the readings of one partition. */
final class ReadingProcessor extends MessageProcessor {
    ReadingProcessor(Backlog backlog) {
        super(backlog, "ENTRY");
    }

    @Override
    void handle(long at) {
        int types = message.abnormalTypes();
        if (types == 0) return;
        int sensorId = message.sensorId();
        Integer stored = states.get(sensorId);
        int before = stored == null ? AlarmRules.AFTER_OK : stored;
        int after = AlarmRules.afterReading(before, types);
        if (after == before) return;
        states.put(sensorId, after);
        for (int opened = AlarmRules.opened(before, after); opened != 0; opened &= opened - 1) {
            RecordMetadata place = context.recordMetadata().orElseThrow();
            byte[] alarm = Alarm.value(sensorId, Integer.lowestOneBit(opened), place.partition(), place.offset(), at);
            context.forward(new Record<>(Alarm.key(sensorId), alarm, at));
        }
    }
}
