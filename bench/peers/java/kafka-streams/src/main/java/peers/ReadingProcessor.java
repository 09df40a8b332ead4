package peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;

/** The rules for the readings of one partition. */
final class ReadingProcessor implements Processor<byte[], byte[], byte[], byte[]> {
    private final Backlog backlog;
    private final SensorMessage message = new SensorMessage();
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<Integer, Integer> states;
    private long left;

    ReadingProcessor(Backlog backlog) {
        this.backlog = backlog;
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        states = context.getStateStore(StreamsPeer.STORE);
        left = backlog.recordsOf("ENTRY", context.taskId().partition());
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        Measurement.begin();
        try {
            message.parse(record.value());
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        int types = message.abnormalTypes();
        if (types != 0) handle(record.timestamp(), types);
        left -= 1;
        if (left == 0) context.commit();
    }

    private void handle(long at, int types) {
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
