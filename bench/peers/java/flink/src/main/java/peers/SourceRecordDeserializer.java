package peers;

import java.io.IOException;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Drops normal readings (R1) before they become elements of the stream: an element costs more than its parsing. One
 * of each millisecond of the log's time goes on, for the partition's watermark.
 */
final class SourceRecordDeserializer implements KafkaRecordDeserializationSchema<SourceRecord> {
    private static final long serialVersionUID = 1;
    private static final int MOST_PARTITIONS = 64;

    private transient SensorMessage message;
    private transient SourceRecord reused;
    private transient long[] lastEmittedAt;

    @Override
    public void open(DeserializationSchema.InitializationContext context) {
        message = new SensorMessage();
        reused = new SourceRecord();
        lastEmittedAt = new long[MOST_PARTITIONS];
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<SourceRecord> out) throws IOException {
        Measurement.begin();
        message.parse(record.value());
        if (record.topic().equals("OK")) {
            reused.becomeOk();
        } else {
            int types = message.abnormalTypes();
            if (types == 0 && record.timestamp() == lastEmittedAt[record.partition()]) return;
            lastEmittedAt[record.partition()] = record.timestamp();
            reused.becomeReading(types);
        }
        reused.sensorId = message.sensorId();
        reused.partition = record.partition();
        reused.offset = record.offset();
        reused.at = record.timestamp();
        out.collect(reused);
    }

    @Override
    public TypeInformation<SourceRecord> getProducedType() {
        return TypeInformation.of(SourceRecord.class);
    }
}
