package peers;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * <code>FlinkPeer BROKERS ALARM_TOPIC exactly-once|at-least-once|off CHECKPOINT_MS CHECKPOINT_DIR drain|run</code>:
 * the alarm rules as a Flink job of parallelism 2 in a local MiniCluster, with the state on the heap: it is small,
 * and RocksDB would serialise it for each access. `drain` ends with what the topics hold now; `run` goes on, tuned
 * for latency.
 */
public final class FlinkPeer {
    private FlinkPeer() {}

    public static void main(String[] args) throws Exception {
        String brokers = args[0];
        String alarmTopic = args[1];
        String guarantee = args[2];
        boolean drains = args[5].equals("drain");

        Map<String, String> settings = new HashMap<>();
        settings.put("pipeline.object-reuse", "true");
        settings.put("pipeline.generic-types", "false");
        settings.put("pipeline.auto-watermark-interval", drains ? "100 ms" : "5 ms");
        settings.put("execution.buffer-timeout.interval", drains ? "100 ms" : "1 ms");
        settings.put("state.backend.type", "hashmap");
        // A failure ends the run: it would be in its figures.
        settings.put("restart-strategy.type", "none");
        if (!guarantee.equals("off")) {
            settings.put("execution.checkpointing.interval", args[3] + " ms");
            settings.put("execution.checkpointing.storage", "filesystem");
            settings.put("execution.checkpointing.dir", "file://" + args[4]);
        }
        StreamExecutionEnvironment flink = StreamExecutionEnvironment.createLocalEnvironment(2, Configuration.fromMap(settings));

        // Drained partitions are at their end and hold nothing back; while it runs, one without records must not.
        WatermarkStrategy<SourceRecord> order = WatermarkStrategy.forMonotonousTimestamps();
        flink.fromSource(source(brokers, drains), drains ? order : order.withIdleness(Duration.ofMillis(500)), "ENTRY and OK")
            .filter(record -> !record.isNormal())
            .keyBy(record -> record.sensorId, Types.INT)
            .process(new AlarmFunction(), Types.TUPLE(Types.PRIMITIVE_ARRAY(Types.BYTE), Types.PRIMITIVE_ARRAY(Types.BYTE)))
            .sinkTo(sink(brokers, alarmTopic, guarantee, drains));
        flink.execute("alarms");
        Measurement.end();
        System.exit(0);
    }

    private static KafkaSource<SourceRecord> source(String brokers, boolean drains) {
        KafkaSourceBuilder<SourceRecord> source = KafkaSource.<SourceRecord>builder()
            .setBootstrapServers(brokers)
            .setTopics("ENTRY", "OK")
            .setGroupId("flink-peer")
            .setStartingOffsets(drains ? OffsetsInitializer.earliest() : OffsetsInitializer.latest())
            .setDeserializer(new SourceRecordDeserializer())
            .setProperty("max.partition.fetch.bytes", "4194304")
            .setProperty("max.poll.records", "20000")
            .setProperty("receive.buffer.bytes", "1048576");
        if (drains) source.setBounded(OffsetsInitializer.latest());
        return source.build();
    }

    private static KafkaSink<Tuple2<byte[], byte[]>> sink(String brokers, String topic, String guarantee, boolean drains) {
        Properties producer = new Properties();
        producer.put("linger.ms", drains ? "20" : "0");
        producer.put("batch.size", "131072");
        producer.put("transaction.timeout.ms", "600000");
        KafkaRecordSerializationSchema<Tuple2<byte[], byte[]>> toRecord = (alarm, context, time) -> new ProducerRecord<>(topic, alarm.f0, alarm.f1);
        return KafkaSink.<Tuple2<byte[], byte[]>>builder()
            .setBootstrapServers(brokers)
            .setKafkaProducerConfig(producer)
            .setRecordSerializer(toRecord)
            .setDeliveryGuarantee(guarantee.equals("exactly-once") ? DeliveryGuarantee.EXACTLY_ONCE : DeliveryGuarantee.AT_LEAST_ONCE)
            .setTransactionalIdPrefix(topic)
            .build();
    }
}
