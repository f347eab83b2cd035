# SPDX-License-Identifier: MIT
# dumps and loads of both, without a socket.
import json
import pickle

person = {'name': '홍길동', 'age': 30, 'langs': ['ko', 'en'], 'married': None}

text = json.dumps(person, ensure_ascii=False)
print('json.dumps:', text)
print('json.loads:', json.loads(text))

data = pickle.dumps(person)
print('pickle.dumps:', len(data), 'bytes')
print('pickle.loads:', pickle.loads(data))
