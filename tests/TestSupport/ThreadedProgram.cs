namespace KataActors.TestSupport;

/// <summary>
/// A small C program with threads, which stand for vCPUs: <c>threads N [churn]</c> starts N threads that sleep, prints their ids in one line, and stays. With
/// <c>churn</c> two more start and end without pause.
/// </summary>
public static class ThreadedProgram
{
    /// <summary>Names the compiled program where there is no compiler.</summary>
    public const string Variable = "KATA_ACTORS_TEST_THREADS";

    private const string Source =
        """
        #define _GNU_SOURCE
        #include <pthread.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        static pthread_barrier_t ready;
        static long tids[256];
        static void *stay(void *slot) { *(long *)slot = syscall(SYS_gettid); pthread_barrier_wait(&ready); for (;;) pause(); }
        static void *end(void *none) { usleep(200); return none; }
        static void *churn(void *none) { for (pthread_t t;;) { pthread_create(&t, 0, end, 0); pthread_join(t, 0); } return none; }
        int main(int count, char **words) {
            int threads = atoi(words[1]);
            pthread_t thread;
            pthread_barrier_init(&ready, 0, threads + 1);
            for (int i = 0; i < threads; i++) pthread_create(&thread, 0, stay, &tids[i]);
            pthread_barrier_wait(&ready);
            for (int i = 2; count > 2 && i < 4; i++) pthread_create(&thread, 0, churn, 0);
            for (int i = 0; i < threads; i++) printf("%ld ", tids[i]);
            printf("\n");
            fflush(stdout);
            for (;;) pause();
        }
        """;

    private static readonly Lazy<Task<string>> s_compiled = new(() =>
    {
        var directory = Directory.CreateTempSubdirectory("ka-threads-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(directory, recursive: true);
        return CompileAsync(directory);
    });

    /// <summary>Compiles it into a directory.</summary>
    public static async Task<string> CompileAsync(string directory)
    {
        var source = Path.Combine(directory, "threads.c");
        await File.WriteAllTextAsync(source, Source);
        var output = await ChildScript.RunAsync($"cc -w -pthread -o {directory}/threads {source}");
        return output.Length == 0 ? Path.Combine(directory, "threads") : throw new InvalidOperationException(output);
    }

    /// <summary>Starts it; the ids are those of the threads that stand for vCPUs.</summary>
    public static async Task<(ChildScript Process, int[] Tids)> StartAsync(int threads, bool churn = false)
    {
        var program = Environment.GetEnvironmentVariable(Variable) ?? await s_compiled.Value;
        var process = ChildScript.Start($"exec {program} {threads}{(churn ? " churn" : "")}");
        var line = await process.ReadLineAsync();
        return (process, [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)]);
    }
}
