package peers;

import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.Stores;

/**
 * <code>StreamsPeer BROKERS ALARM_TOPIC exactly_once_v2|at_least_once COMMIT_MS STATE_DIR drain|run</code>: the alarm
 * rules as a topology of Kafka Streams on two threads. ENTRY and OK are keyed alike, so nothing is repartitioned;
 * the states are in memory, with a changelog: 50,000 of them need no RocksDB. `drain` ends when all that the topics
 * hold is committed; `run` goes on, tuned for latency.
 */
public final class StreamsPeer {
    static final String STORE = "sensors";

    private StreamsPeer() {}

    public static void main(String[] args) throws Exception {
        String brokers = args[0];
        String alarmTopic = args[1];
        boolean drains = args[5].equals("drain");
        try (Admin admin = Admin.create(Map.<String, Object>of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, brokers))) {
            Backlog backlog = new Backlog(admin);
            KafkaStreams streams = new KafkaStreams(topology(backlog, alarmTopic), settings(args, drains));
            streams.setUncaughtExceptionHandler(error -> {
                error.printStackTrace();
                Runtime.getRuntime().halt(1);
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            });
            streams.start();
            if (!drains) Thread.currentThread().join();
            backlog.waitUntilCommitted(alarmTopic);
            Measurement.end();
            streams.close();
        }
    }

    private static Topology topology(Backlog backlog, String alarmTopic) {
        Topology topology = new Topology();
        topology.addSource("entry", new ByteArrayDeserializer(), new ByteArrayDeserializer(), "ENTRY");
        topology.addSource("ok", new ByteArrayDeserializer(), new ByteArrayDeserializer(), "OK");
        topology.addProcessor("readings", () -> new ReadingProcessor(backlog), "entry");
        topology.addProcessor("recoveries", () -> new OkProcessor(backlog), "ok");
        // The cache keeps the changelog to one record a sensor and commit.
        topology.addStateStore(Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(STORE), Serdes.Integer(), Serdes.Integer()).withCachingEnabled(), "readings", "recoveries");
        topology.addSink("alarms", alarmTopic, new ByteArraySerializer(), new ByteArraySerializer(), "readings");
        return topology;
    }

    private static Properties settings(String[] args, boolean drains) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, args[1]);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, args[2]);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, args[3]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, args[4]);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        // The default: waits for a partition that is known to hold more, and for no other.
        settings.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, 0L);
        settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 20_000);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64L * 1024 * 1024);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), drains ? "earliest" : "latest");
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4 * 1024 * 1024);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.RECEIVE_BUFFER_CONFIG), 1024 * 1024);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10_000);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), drains ? 20 : 0);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 128 * 1024);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), 60_000);
        return settings;
    }
}
