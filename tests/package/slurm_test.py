#!/usr/bin/env python3
"""The job script of docs/cluster.md under a real slurmctld and slurmd, which are this test's own.

usage: slurm_test.py PROGRAM CLUSTER_PAGE

One task of the array is killed while it works; the same sbatch once more ends in the bytes of one process. 77, "skipped", where
there is no Slurm, or none can be started: slurmd belongs to root.
"""
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

SWEEP = ["sweep", "--key", "adc.bits=4..8", "--key", "crossbar.size=64,128", "--policy", "W4A4", "--policy", "W8A8", "--network", "vgg13",
         "--quiet", "--out"]
# It believes in the cores and the memory that the page's script asks for, and asks nobody who anybody is.
SETTINGS = """ClusterName=test
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/none
CredType=cred/none
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
SwitchType=switch/none
NodeName={host} NodeAddr=127.0.0.1 CPUs=64 RealMemory=64000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def skip(reason):
    print("skipped: " + reason)
    sys.exit(77)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_for(condition, seconds):
    for _ in range(int(10 * seconds)):
        if condition():
            return True
        time.sleep(0.1)
    return False


def said(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout.strip()


class Cluster:
    """A controller and a node of this machine."""

    def __init__(self, folder):
        self.folder, self.daemons = folder, []
        host = socket.gethostname().split(".")[0]
        for name in ("state", "spool"):
            os.mkdir(os.path.join(folder, name))
        settings = os.path.join(folder, "slurm.conf")
        with open(settings, "w", encoding="utf-8") as file:
            file.write(SETTINGS.format(host=host, folder=folder, ports=free_ports(2)))
        os.environ["SLURM_CONF"] = settings
        self.start("slurmctld", "-D", "-i", "-f", settings)
        wait_for(lambda: said("sinfo", "-h"), 20)
        self.start("slurmd", "-D", "-f", settings)
        if not wait_for(lambda: said("sinfo", "-h", "-o", "%T") == "idle", 30):
            log = open(os.path.join(folder, "slurmd.log"), encoding="utf-8", errors="replace").read().strip()
            self.end()
            skip("no Slurm can be started here: " + (log.splitlines() or ["slurmd says nothing"])[-1])

    def start(self, *words):
        with open(os.path.join(self.folder, words[0] + ".log"), "w", encoding="utf-8") as log:
            self.daemons.append(subprocess.Popen(words, stdout=log, stderr=log))

    def end(self):
        for daemon in reversed(self.daemons):
            daemon.terminate()
            daemon.wait()


def submitted(script, folder):
    """A job's number."""
    done = subprocess.run(["sbatch", "--parsable", script], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def assert_ends(job):
    assert wait_for(lambda: not said("squeue", "-h", "-j", job), 200), said("squeue")


def main():
    program, page = sys.argv[1:]
    if not all(shutil.which(name) for name in ("slurmctld", "slurmd", "sbatch", "squeue", "scancel")):
        skip("no Slurm is installed")
    if os.geteuid() != 0:
        skip("slurmd belongs to root")
    with open(page, encoding="utf-8") as file:
        script = re.search(r"```\n(#!/bin/bash\n#SBATCH.*?)```", file.read(), re.DOTALL)[1]
    assert re.search(r"^kirchhoff compare .*--out study --quiet$", script, re.MULTILINE), script
    script = re.sub(r"^kirchhoff .*$", " ".join(["exec", program] + SWEEP + ["shared"]), script, flags=re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program] + SWEEP + ["alone"], cwd=folder, check=True)
        with open(os.path.join(folder, "job.sh"), "w", encoding="utf-8") as file:
            file.write(script)
        cluster = Cluster(folder)
        try:
            first = submitted("job.sh", folder)
            claims = os.path.join(folder, "shared", "claims")
            assert wait_for(lambda: os.path.isdir(claims) and any("@" in name for name in os.listdir(claims)), 60), "no task began"
            subprocess.run(["scancel", "--signal=KILL", "--full", first + "_2"], check=True)
            assert_ends(first)
            assert_ends(submitted("job.sh", folder))
        finally:
            cluster.end()
        for name in ("points.csv", "points.json"):
            with open(os.path.join(folder, "alone", name), "rb") as one, open(os.path.join(folder, "shared", name), "rb") as other:
                assert one.read() == other.read(), name
        assert not os.path.exists(claims), os.listdir(claims)
    print("an array of 16 tasks, one of which was killed, made the bytes of one process")


main()
