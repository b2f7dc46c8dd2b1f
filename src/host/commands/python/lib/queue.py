class Empty(Exception):
    pass


class Full(Exception):
    pass


class Queue:
    def __init__(self, maxsize=0):
        self.maxsize = maxsize
        self.queue = []

    def put(self, item, block=True, timeout=None):
        self.queue.append(item)

    put_nowait = put

    def get(self, block=True, timeout=None):
        if not self.queue:
            if block:
                import time
                time.sleep(10 ** 6 if timeout is None else timeout)
            raise Empty
        return self.queue.pop(0)

    def get_nowait(self):
        return self.get(False)

    def empty(self):
        return not self.queue

    def full(self):
        return False

    def qsize(self):
        return len(self.queue)

    def task_done(self):
        pass

    def join(self):
        pass


class LifoQueue(Queue):
    def get(self, block=True, timeout=None):
        if not self.queue:
            raise Empty
        return self.queue.pop()


SimpleQueue = Queue
