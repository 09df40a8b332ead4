package peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** The work on one partition of a topic; what its last record led to is committed at once. */
abstract class MessageProcessor implements Processor<byte[], byte[], byte[], byte[]> {
    final SensorMessage message = new SensorMessage();
    ProcessorContext<byte[], byte[]> context;
    KeyValueStore<Integer, Integer> states;
    private final Backlog backlog;
    private final String topic;
    private long left;

    MessageProcessor(Backlog backlog, String topic) {
        this.backlog = backlog;
        this.topic = topic;
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        states = context.getStateStore(StreamsPeer.STORE);
        left = backlog.recordsOf(topic, context.taskId().partition());
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        Measurement.begin();
        try {
            message.parse(record.value());
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        handle(record.timestamp());
        left -= 1;
        if (left == 0) context.commit();
    }

    /** The rules for `message`, taken by the log at this time. */
    abstract void handle(long at);
}
