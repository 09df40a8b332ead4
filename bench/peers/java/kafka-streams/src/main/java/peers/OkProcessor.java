package peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** R5 for the OK messages of one partition. */
final class OkProcessor implements Processor<byte[], byte[], byte[], byte[]> {
    private final Backlog backlog;
    private final SensorMessage message = new SensorMessage();
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<Integer, Integer> states;
    private long left;

    OkProcessor(Backlog backlog) {
        this.backlog = backlog;
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        states = context.getStateStore(StreamsPeer.STORE);
        left = backlog.recordsOf("OK", context.taskId().partition());
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        Measurement.begin();
        try {
            message.parse(record.value());
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        states.delete(message.sensorId());
        left -= 1;
        if (left == 0) context.commit();
    }
}
